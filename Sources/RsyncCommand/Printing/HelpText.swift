import RsyncOptions

/// Texts of `--help` and `--version`.
package enum HelpText {
    package static let version = "dvm-rsync  version \(RsyncCommandLine.version)  protocol version 32"

    package static var options: String {
        """
        \(version)
        Copies files between this machine and another, or locally, using rsync's protocol.

        Usage: dvm-rsync [OPTION]... SOURCE [SOURCE]... DESTINATION
           or  dvm-rsync [OPTION]... rsync://[USER@]HOST[:PORT]/
           or  dvm-rsync --daemon [--config=FILE] [--port=PORT] [--address=ADDRESS] [--no-detach] [--log-file=FILE]

        A source or a destination may be [USER@]HOST:PATH (remote shell), [USER@]HOST::MODULE/PATH or
        rsync://[USER@]HOST[:PORT]/MODULE/PATH (daemon). Options that can be turned off have a form --no-OPTION.

        \(OptionTable.help)
        """
    }
}
