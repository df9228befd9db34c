import Glibc

extension CommandRunner {
    /// The arguments behind the program's name, as bytes.
    package static var processArguments: [[UInt8]] {
        let vector = unsafe CommandLine.unsafeArgv
        return (1..<max(1, Int(CommandLine.argc))).compactMap { index in
            unsafe vector[index].map { unsafe Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
        }
    }

    /// The environment's variables.
    package static var processEnvironment: [String: String] {
        var variables: [String: String] = [:]
        var cursor = unsafe environ
        while let entry = unsafe cursor.pointee {
            let text = unsafe String(cString: entry)
            if let cut = text.firstIndex(of: "=") {
                variables[String(text[..<cut])] = String(text[text.index(after: cut)...])
            }
            unsafe cursor += 1
        }
        return variables
    }
}
