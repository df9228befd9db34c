import Glibc

/// The characters of the user's locale (`LC_ALL`, `LC_CTYPE`, `LANG`).
package enum CharacterLocale {
    /// Adopts the locale for characters and reads what it is; called before a second thread exists.
    ///
    /// - Returns: Whether its characters are encoded as UTF-8.
    package static func usesUTF8() -> Bool {
        _ = unsafe setlocale(LC_CTYPE, "")
        // The string belongs to libc and is copied before the next call could change it.
        guard let name = unsafe nl_langinfo(nl_item(CODESET)) else { return false }
        return unsafe String(cString: name) == "UTF-8"
    }
}
