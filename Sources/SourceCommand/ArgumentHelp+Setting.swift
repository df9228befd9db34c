import ArgumentParser
import TransferAgent

extension ArgumentHelp {
    /// The help of an option that is a setting of a job, from the table of settings.
    ///
    /// - Parameter name: The setting's name, which is the option's, too.
    /// - Returns: The help with the default.
    static func setting(_ name: String) -> ArgumentHelp {
        guard let (text, valueName) = SettingTable.help(name) else { preconditionFailure("no setting \(name)") }
        return ArgumentHelp(text, valueName: valueName)
    }
}
