import Glibc
import LinuxSystem
import RsyncCommand
import Transport

/// Lines to syslog, each with a facility and a tag.
struct SystemLog: LineOutput, Equatable {
    /// A facility by its name in configuration files.
    enum Facility: String, Sendable {
        case kern, user, mail, daemon, auth, syslog, lpr, news, uucp, cron, authpriv, ftp
        case local0, local1, local2, local3, local4, local5, local6, local7
        case security

        /// Its number in a priority, shifted by three bits.
        fileprivate var number: Int {
            switch self {
            case .kern: 0
            case .user: 1
            case .mail: 2
            case .daemon: 3
            case .auth, .security: 4
            case .syslog: 5
            case .lpr: 6
            case .news: 7
            case .uucp: 8
            case .cron: 9
            case .authpriv: 10
            case .ftp: 11
            case .local0: 16
            case .local1: 17
            case .local2: 18
            case .local3: 19
            case .local4: 20
            case .local5: 21
            case .local6: 22
            case .local7: 23
            }
        }
    }

    /// The socket of the system's log.
    static let path = "/dev/log"
    private static let information = 6

    let facility: Facility
    let tag: [UInt8]

    /// Whether there is a system log.
    static var isAvailable: Bool { isPresent(path) }

    /// Sends a line; failures are ignored.
    func line(_ text: [UInt8]) {
        let head = "<\(facility.number << 3 | Self.information)>"
        sendDatagram(Array(head.utf8) + tag + Array("[\(getpid())]: ".utf8) + text, toSocket: Self.path)
    }
}
