import Testing

/// The stunnel configurations that movers write today, to the letter but for ports and directories.
struct MoverFiles: Sendable, CustomTestStringConvertible {
    let name: String
    let isClient: Bool
    private let template: String

    var testDescription: String { name }

    /// The file with its places filled in.
    ///
    /// - Parameters:
    ///   - directory: Where the certificates, keys and the pid file lie.
    ///   - port: The accepting port.
    ///   - target: Whom it connects to; a port alone for a server.
    /// - Returns: What the mover writes.
    func text(in directory: String, port: UInt16, target: String) -> String {
        var text = template
        for (place, value) in [("DIRECTORY", directory), ("PORT", "\(port)"), ("TARGET", target)] {
            text = text.split(separator: "{\(place)}", omittingEmptySubsequences: false).joined(separator: value)
        }
        return text
    }

    static let all = [
        mtcClient, mtcServer, pvcTransferClient, pvcTransferServer, volSyncClient, volSyncServer, volSyncBlockServer,
    ]

    /// MTC contract 3.1.
    static let mtcClient = MoverFiles(
        name: "MTC client",
        isClient: true,
        template: """
             pid =
             sslVersion = TLSv1.2
             client = yes
             syslog = no
             output = /dev/stdout
             [rsync]
             debug = 7
             accept = {PORT}
             cert = {DIRECTORY}/tls.crt
             key = {DIRECTORY}/tls.key
             connect = {TARGET}

            """
    )

    /// MTC contract 3.2.
    static let mtcServer = MoverFiles(
        name: "MTC server",
        isClient: false,
        template: """
            foreground = yes
            pid =
            socket = l:TCP_NODELAY=1
            socket = r:TCP_NODELAY=1
            debug = 7
            sslVersion = TLSv1.2
            [rsync]
            accept = {PORT}
            connect = {TARGET}
            key = {DIRECTORY}/tls.key
            cert = {DIRECTORY}/tls.crt
            TIMEOUTclose = 0

            """
    )

    /// MTC contract 12.2.
    static let pvcTransferClient = MoverFiles(
        name: "pvc-transfer client",
        isClient: true,
        template: """
            pid =
            sslVersion = TLSv1.3
            client = yes
            syslog = no
            output = /dev/stdout
            [transfer]
            debug = 7
            accept = {PORT}
            cert = {DIRECTORY}/client.crt
            key = {DIRECTORY}/client.key
            CAfile = {DIRECTORY}/ca.crt
            verify = 2
            connect = {TARGET}

            """
    )

    /// MTC contract 12.2.
    static let pvcTransferServer = MoverFiles(
        name: "pvc-transfer server",
        isClient: false,
        template: """
            foreground = yes
            pid =
            socket = l:TCP_NODELAY=1
            socket = r:TCP_NODELAY=1
            debug = 7
            sslVersion = TLSv1.3
            [transfer]
            accept = {PORT}
            connect = {TARGET}
            key = {DIRECTORY}/server.key
            cert = {DIRECTORY}/server.crt
            CAfile = {DIRECTORY}/ca.crt
            verify = 2
            TIMEOUTclose = 0

            """
    )

    /// backube/volsync, mover-rsync-tls/client.sh.
    static let volSyncClient = MoverFiles(
        name: "VolSync client",
        isClient: true,
        template: volSyncGlobals + """
            [rsync]
            ciphers = PSK
            PSKsecrets = {DIRECTORY}/psk.txt
            ; Port to listen for incoming connection from rsync
            accept = 127.0.0.1:{PORT}
            ; We are the client
            client = yes
            connect = {TARGET}

            """
    )

    /// backube/volsync, mover-rsync-tls/server.sh, for file systems.
    static let volSyncServer = MoverFiles(
        name: "VolSync server",
        isClient: false,
        template: volSyncGlobals + """
            [rsync]
            ciphers = PSK
            PSKsecrets = {DIRECTORY}/psk.txt
            ; Port to listen for incoming connections from remote
            accept = :::{PORT}
            ; We are the server
            client = no
            ; When we get an incoming connection, spawn rsync to handle it
            exec = /usr/bin/rsync
            execargs = rsync --server --daemon --config={DIRECTORY}/rsyncd.conf .

            """
    )

    /// The same for block volumes.
    static let volSyncBlockServer = MoverFiles(
        name: "VolSync block server",
        isClient: false,
        template: volSyncGlobals + """
            [diskrsync]
            ciphers = PSK
            PSKsecrets = {DIRECTORY}/psk.txt
            ; Port to listen for incoming connections from remote
            accept = {PORT}
            ; We are the server
            client = no
            connect = 8888
            #exec = /diskrsync-tcp
            #execargs = diskrsync-tcp /dev/block --target --port 8888 --control-file /tmp/control/complete

            """
    )

    private static let volSyncGlobals = """
        ; Global options
        debug = debug
        foreground = no
        output = /dev/stdout
        pid = {DIRECTORY}/stunnel.pid
        socket = l:SO_KEEPALIVE=1
        socket = l:TCP_KEEPIDLE=180
        socket = r:SO_KEEPALIVE=1
        socket = r:TCP_KEEPIDLE=180
        syslog = no


        """
}
