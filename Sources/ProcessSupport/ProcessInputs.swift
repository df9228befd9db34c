/// What a process was started with.
package enum ProcessInputs {
    /// The argument vector as bytes, the program's name first.
    package static var arguments: [[UInt8]] { argumentVector() }

    /// The environment as lines of `NAME=VALUE`.
    ///
    /// Only while no other thread changes it, since the environment has no lock.
    package static var environmentLines: [[UInt8]] { environmentVector() }

    /// The environment's variables.
    package static var environment: [String: String] {
        var variables: [String: String] = [:]
        for line in environmentLines {
            guard let cut = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: line[..<cut], as: UTF8.self)
            variables[name] = String(decoding: line[(cut + 1)...], as: UTF8.self)
        }
        return variables
    }
}
