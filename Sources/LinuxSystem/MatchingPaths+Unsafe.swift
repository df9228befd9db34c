import Glibc

// Invariant: the result is read only after glob(3) has succeeded, and freed once.

/// The existing paths that a shell's pattern matches, in ascending order; glob(3).
///
/// - Parameter pattern: A path with wildcards, without zero bytes.
/// - Returns: Empty when nothing matches or a directory cannot be read.
package func matchingPaths(_ pattern: [UInt8]) -> [[UInt8]] {
    var found = unsafe glob_t()
    guard !pattern.contains(0),
        unsafe glob(pattern.map { CChar(bitPattern: $0) } + [0], 0, nil, &found) == 0
    else { return [] }
    defer { unsafe globfree(&found) }
    var paths: [[UInt8]] = []
    for index in 0..<Int(unsafe found.gl_pathc) {
        guard let path = unsafe found.gl_pathv[index] else { continue }
        paths.append(unsafe Array(UnsafeRawBufferPointer(start: path, count: strlen(path))))
    }
    return paths
}
