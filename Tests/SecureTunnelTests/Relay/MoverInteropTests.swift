import Foundation
import SecureTunnel
import TestSupport
import Testing
import Transport

/// The files of today's movers, to the letter, with rsync through them and stock stunnel at the other end.
@Suite("Mover InteropTests", .enabled(if: StunnelProcess.isInstalled, "stunnel4 is not installed"))
struct MoverInteropTests {
    /// A pair of files and who reads which.
    struct Move: Sendable, CustomTestStringConvertible {
        let near: MoverFiles
        let nearProgram: RelayProcess.Program
        let far: MoverFiles
        let farProgram: RelayProcess.Program

        var testDescription: String { "\(near.name) (\(nearProgram)) to \(far.name) (\(farProgram))" }

        static let all = [
            (MoverFiles.mtcClient, MoverFiles.mtcServer), (.pvcTransferClient, .pvcTransferServer),
            (.volSyncClient, .volSyncServer),
        ]
        .flatMap { near, far in
            [(RelayProcess.Program.dvm, RelayProcess.Program.stock), (.stock, .dvm), (.dvm, .dvm)].map {
                Move(near: near, nearProgram: $0, far: far, farProgram: $1)
            }
        }
    }

    @Test(
        "rsync goes through, and the programs end as the movers end them",
        .timeLimit(.minutes(10)),
        arguments: Move.all
    )
    func moves(move: Move) throws {
        let directory = try TemporaryDirectory()
        try prepareKeys(in: directory)
        try FileManager.default.createDirectory(atPath: directory.file("source"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: directory.file("target"), withIntermediateDirectories: true)
        var pattern = Pattern(seed: 11)
        for index in 0..<20 {
            let bytes = pattern.next(index * 50_000)
            try Data(bytes).write(to: URL(fileURLWithPath: directory.file("source/file\(index)")))
        }
        let (plainPort, farPort, nearPort) = (freePort(), freePort(), freePort())
        try write(
            "use chroot = no\n[data]\npath = \(directory.file("target"))\nread only = no\nuid = root\ngid = root\n",
            to: directory.file("rsyncd.conf")
        )
        let daemon = try ChildProcess(
            "/usr/bin/rsync",
            [
                "--daemon", "--no-detach", "--port=\(plainPort)", "--address=127.0.0.1",
                "--config=\(directory.file("rsyncd.conf"))",
            ]
        )
        defer { daemon.stop() }
        #expect(waitForPort(plainPort))

        let far = try Running(move.farProgram, move.far, "far", in: directory, port: farPort, target: "\(plainPort)")
        defer { far.stop() }
        let near = try Running(
            move.nearProgram,
            move.near,
            "near",
            in: directory,
            port: nearPort,
            target: "localhost:\(farPort)"
        )
        defer { near.stop() }
        for _ in 0..<2 {
            try ChildProcess.run(
                "/usr/bin/rsync",
                ["-a", "--delete", directory.file("source") + "/", "rsync://127.0.0.1:\(nearPort)/data"]
            )
        }
        try ChildProcess.run("/usr/bin/diff", ["-r", directory.file("source"), directory.file("target")])
        for (side, program) in [(near, move.nearProgram), (far, move.farProgram)] where program == .dvm {
            // Whoever only looked whether the port is open did not shake hands.
            let errors = side.log.split(separator: "\n").filter { $0.contains(" LOG3[") && !$0.contains("handshake") }
            #expect(errors.isEmpty, "no error in a good run:\n\(side.log)")
        }
        near.stop()
        far.stop()
        for (side, program) in [("near", move.nearProgram), ("far", move.farProgram)] where program == .dvm {
            #expect(!FileManager.default.fileExists(atPath: directory.file("\(side)/stunnel.pid")))
        }
    }

    private func prepareKeys(in directory: TemporaryDirectory) throws {
        _ = try CertificateAuthority.makeLikeMTC(in: directory)
        let authority = try CertificateAuthority(name: "ca.backube.dev")
        try copy(authority.files.certificate, to: directory.file("ca.crt"))
        for side in ["client", "server"] {
            let files = try authority.issue("cert.backube.dev")
            try copy(files.certificate, to: directory.file("\(side).crt"))
            try copy(files.key, to: directory.file("\(side).key"))
        }
        let keys = directory.file("psk.txt")
        try write("volsync:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", to: keys)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
    }

    private func copy(_ source: String, to destination: String) throws {
        try FileManager.default.copyItem(atPath: source, toPath: destination)
    }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
}

/// A stunnel, ours or stock, as a mover starts it: it may go to the background, and is then found by its file.
private final class Running {
    private let starter: ChildProcess
    private let file: String

    init(
        _ program: RelayProcess.Program,
        _ mover: MoverFiles,
        _ name: String,
        in directory: TemporaryDirectory,
        port: UInt16,
        target: String
    ) throws {
        file = directory.file("\(name).conf")
        let own = directory.file(name)
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        // Both ends write a pid file of the same name.
        var text = mover.text(in: directory.path, port: port, target: target)
        text = text.replacingOccurrences(of: directory.file("stunnel.pid"), with: "\(own)/stunnel.pid")
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        starter = try ChildProcess(try program.path(), [file])
        guard text.contains("foreground = yes") else {
            // What a mover relies on: when the command returns, the port is open.
            try Self.waitForReturn(of: starter)
            #expect(waitForPort(port))
            return
        }
        #expect(waitForPort(port))
    }

    var log: String { starter.output }

    /// Ends the program by SIGTERM and waits until it is gone.
    func stop() {
        let numbers = processes()
        for number in numbers { kill(number, SIGTERM) }
        for _ in 0..<400 where !processes().isEmpty { usleep(10_000) }
        for number in processes() { kill(number, SIGKILL) }
    }

    /// The processes whose command line names our file.
    private func processes() -> [Int32] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { Int32($0) }.filter { number in
            let line = (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(number)/cmdline"))) ?? Data()
            return line.split(separator: 0).contains { $0.elementsEqual(file.utf8) }
        }
    }

    /// Waits until the process that was started has ended; its pipe stays open in the background.
    private static func waitForReturn(of starter: ChildProcess) throws {
        for _ in 0..<2000 {
            let state = try? String(contentsOfFile: "/proc/\(starter.processIdentifier)/stat", encoding: .utf8)
            guard let state, !state.contains(") Z ") else { return }
            usleep(5000)
        }
        throw StillThere()
    }
}

/// A program that should have gone to the background did not.
private struct StillThere: Error {}
