extension ParameterTable {
    /// The log.
    static let log: [ParameterDescriptor] = [
        .text("log file", kind: .path, "the file of the log instead of syslog", \.logFile),
        ParameterDescriptor(
            ["syslog facility"],
            .module,
            .text,
            usual: "daemon",
            "facility of the lines in syslog",
            .module { (module, value) throws(ParameterFlaw) in module.facility = try value.facility() }
        ),
        .text("syslog tag", usual: "rsyncd", "tag of the lines in syslog", \.logTag),
        .number("max verbosity", 1, "how verbose clients may be", \.largestVerbosity),
        .boolean("transfer logging", usual: false, "a line for each file", \.logsTransfers),
        .text("log format", usual: "%o %h [%a] %m (%u) %f %l", "format of these lines", \.logFormat),
    ]
}
