extension ParameterTable {
    /// The log.
    static let log: [ParameterDescriptor] = [
        .text("log file", kind: .path, "log file, instead of syslog", \.logFile),
        ParameterDescriptor(
            ["syslog facility"],
            .module,
            .text,
            usual: "daemon",
            "syslog facility",
            .module { (module, value) throws(ParameterFlaw) in module.facility = try value.facility() }
        ),
        .text("syslog tag", usual: "rsyncd", "syslog tag", \.logTag),
        .number("max verbosity", 1, "maximum verbosity of clients", \.largestVerbosity),
        .boolean("transfer logging", usual: false, "log a line for each file", \.logsTransfers),
        .text("log format", usual: "%o %h [%a] %m (%u) %f %l", "format of the lines of transfer logging", \.logFormat),
    ]
}
