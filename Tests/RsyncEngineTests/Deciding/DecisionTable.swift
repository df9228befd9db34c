/// What `decide` does about an entry, in rows that a user of rsync can check.
///
/// Columns: the entry as listed, what is at its name (`-` for nothing), the options, the decision.
///
/// - An entry is `file SIZE TIME MODE`, `dir TIME MODE`, `link TIME`, `pipe TIME MODE`, `socket TIME MODE`,
///   `char TIME MODE MAJOR,MINOR` or `block …`. A time is in seconds with a fraction if it has one; owner and group
///   stand behind as `OWNER:GROUP` (`0:0` when left out); `outsider` says that the receiver is not in the group.
/// - `acl` and `attr` behind what is listed: it has an ACL, or extended attributes; behind what is there, how they
///   compare; `inherits=750`: what the default ACL of its directory allows.
/// - `read=7` is an access time, where it matters.
/// - Behind what is listed: `first`, `waits`, `of=A`, `of=A,same`: the entry is a hard link (`-H`), and leads its group; it waits
///   until another name does; the file is in place as `A`; so it is, and this name is a link to `A` already.
/// - Behind what is there: `x3` for three names; `x3/2` for three names of which two are of the entry's group;
///   `inode=1`: it is the file that is there at the entry's name; `sum=same`, `sum=other`, `to=same`, `to=other` for what reading it showed.
/// - After `;`: further files, `alt` in an alternate directory, `partial` what an interrupted transfer left, `similar` one with
///   a similar name; `unreadable`: what the content would be compared with, or copied from, cannot be read.
/// - Options are rsync's. `user` is no root; the umask is 022; `--nanoseconds` is what `dvm-target` compares, on a file
///   system with `grain=` nanoseconds; `--max-file-size` is in bytes.
let decisionTable = """
    # a new file
    file 100 5 644           | -                           | -rlpt                  | transfer new, set mode 644 time 5
    file 0 5 600             | -                           | -rlpt                  | transfer new, set mode 600 time 5
    file 100 5 4755          | -                           | -rlpt                  | transfer new, set mode 4755 time 5
    file 100 5 4775          | -                           | -rlt                   | transfer new, set mode 755 time 5
    file 100 5 666           | -                           | -r                     | transfer new, set mode 644
    file 100 5 644 3:4       | -                           | -a                     | transfer new, set owner 3 group 4 mode 644 time 5
    file 100 5 644 3:4       | -                           | -a user                | transfer new, set group 4 mode 644 time 5
    file 100 5 644 3:4 outsider | -                        | -a                     | transfer new, set owner 3 mode 644 time 5
    file 100 5 644           | -                           | -rlpt -c               | transfer new, set mode 644 time 5
    file 100 5 644           | -                           | -rlpt --inplace        | transfer in place new, set mode 644 time 5

    # something else is at a file's name
    file 100 5 644           | dir 5 755                   | -rlpt                  | transfer new, remove the directory, set mode 644 time 5
    file 100 5 644           | dir 5 755                   | -rlpt --inplace        | transfer in place new, remove the directory, set mode 644 time 5
    file 100 5 644           | link 5                      | -rlpt                  | transfer new, set mode 644 time 5
    file 100 5 644           | link 5                      | -rlpt --inplace        | transfer in place new, remove what is there, set mode 644 time 5
    file 100 5 644           | pipe 5 600                  | -rlpt                  | transfer new, set mode 644 time 5
    file 100 5 666           | link 5                      | -r                     | transfer new, set mode 644

    # what the content would be compared with, or copied from, cannot be read
    file 100 5 644           | file 101 6 000; unreadable  | -rlpt                  | transfer new, set mode 644 time 5
    file 100 5 644           | file 101 6 000; unreadable  | -rlt                   | transfer new, set mode 644 time 5
    file 100 5 644           | file 101 6 000; unreadable  | -rlt --inplace         | transfer in place new, set mode 644 time 5
    file 100 5 644           | file 99 6 000; unreadable   | -rlt --append          | transfer in place new, set mode 644 time 5
    file 100 5 644           | -; alt file 100 5 000; unreadable | -rlt --copy-dest | transfer new, set mode 644 time 5
    file 100 5 644           | file 99 6 000; partial file 5 5 000; unreadable | -rlt --partial | transfer new, set mode 644 time 5

    # a limit of length
    file 100 5 644           | -                           | -rlpt --max-file-size=99 | refuse, too large
    file 99 5 644            | -                           | -rlpt --max-file-size=99 | transfer new, set mode 644 time 5
    file 100 6 644           | file 100 5 644              | -rlpt --max-file-size=99 | refuse, too large
    file 100 5 640           | file 100 5 644              | -rlpt --max-file-size=99 | keep, set mode 640, report (permissions)
    file 100 5 644           | file 100 5 644              | -rlpt -c --max-file-size=99 | keep
    file 100 5 644           | dir 5 755                   | -rlpt --max-file-size=99 | refuse, too large

    # a file is there: size and time decide
    file 100 5 644           | file 100 5 644              | -rlpt                  | keep
    file 100 5 644           | file 101 5 644              | -rlpt                  | transfer (size), set mode 644 time 5
    file 100 5 644           | file 100 6 644              | -rlpt                  | transfer (time), set mode 644 time 5
    file 100 5 644           | file 101 6 600              | -rlpt                  | transfer (size, time, permissions), set mode 644 time 5
    file 100 5 644 3:4       | file 101 6 600              | -a                     | transfer (size, time, permissions, owner, group), set owner 3 group 4 mode 644 time 5
    file 100 5 644           | file 100 6 644              | -rlp                   | transfer (time), set mode 644
    file 100 5 644           | file 100 5 644              | -rlp                   | keep
    file 100 5 644           | file 101 5 600              | -rlt                   | transfer (size), set mode 600 time 5
    file 0 5 644             | file 0 5 644                | -rlpt                  | keep
    file 100 5 644           | file 100 6 644              | -rlpt --size-only      | keep, set time 5, report (time)
    file 100 5 644           | file 101 6 644              | -rlpt --size-only      | transfer (size, time), set mode 644 time 5
    file 100 5 644           | file 100 6 644              | -rlp --size-only       | keep
    file 100 5 644           | file 100 5 644              | -rlpt -I               | transfer unchanged, set mode 644 time 5
    file 100 5 644           | file 100 6 644              | -rlpt -I               | transfer (time), set mode 644 time 5
    file 100 5 644           | file 100 6 644              | -rlpt -I --size-only   | keep, set time 5, report (time)

    # how exactly times are compared
    file 100 5.1 644         | file 100 5.9 644            | -rlpt                  | keep
    file 100 5.1 644         | file 100 5.9 644            | -rlpt --modify-window=-1 | transfer (time), set mode 644 time 5
    file 100 5.1 644         | file 100 5.9 644            | -rlpt --nanoseconds    | transfer (time), set mode 644 time 5
    file 100 5.1 644         | file 100 5.9 644            | -rlpt --nanoseconds --protocol=30 | keep
    file 100 5.1 644         | file 100 5.9 644            | -rlpt --nanoseconds --modify-window=0 | keep
    file 100 5.123456789 644 | file 100 5.123456 644       | -rlpt --nanoseconds grain=1000 | keep
    file 100 5.123456789 644 | file 100 5.123457 644       | -rlpt --nanoseconds grain=1000 | transfer (time), set mode 644 time 5
    file 100 5 644           | file 100 6 644              | -rlpt --modify-window=1 | keep
    file 100 5 644           | file 100 7 644              | -rlpt --modify-window=1 | transfer (time), set mode 644 time 5
    file 100 -9223372036854775808 644 | file 100 5 644     | -rlp --modify-window=1 | transfer (time), set mode 644

    # -c: the content decides
    file 100 5 644           | file 100 5 644 sum=same     | -rlpt -c               | keep
    file 100 5 644           | file 100 6 644 sum=same     | -rlpt -c               | keep, set time 5, report (time)
    file 100 5.1 644         | file 100 5.9 644 sum=same   | -rlpt -c               | keep, set time 5
    file 100 5 644           | file 100 5 644 sum=other    | -rlpt -c               | transfer (content), set mode 644 time 5
    file 100 5 644           | file 100 6 600 sum=other    | -rlpt -c               | transfer (content, time, permissions), set mode 644 time 5
    file 100 5 644           | file 101 5 644              | -rlpt -c               | transfer (content, size), set mode 644 time 5
    file 100 5 644           | file 100 5 644 sum=same     | -rlpt -c -I            | keep
    file 100 5 644           | file 100 5 644 sum=other    | -rlpt -c --size-only   | transfer (content), set mode 644 time 5

    # -u: a file that is newer here is left alone
    file 100 5 640           | file 100 6 644              | -rlpt -u               | skip, what is there is newer
    file 100 5.1 644         | file 101 5.9 644            | -rlpt -u               | transfer (size), set mode 644 time 5
    file 100 5 644           | file 100 5 644              | -rlpt -u               | keep
    file 100 5 644           | file 101 5 644              | -rlpt -u --modify-window=1 | skip, what is there is newer
    file 100 5 644           | file 101 4 644              | -rlpt -u --modify-window=1 | transfer (size), set mode 644 time 5
    file 100 5 644           | file 101 6 644              | -rlpt -u --modify-window=-1 | transfer (size, time), set mode 644 time 5
    file 100 5 644           | file 100 6 644              | -rlpt -u -c -I         | skip, what is there is newer
    file 100 5 644           | -                           | -rlpt -u               | transfer new, set mode 644 time 5
    file 100 5 644           | dir 6 755                   | -rlpt -u               | transfer new, remove the directory, set mode 644 time 5
    file 100 5 644           | link 6                      | -rlpt -u               | transfer new, set mode 644 time 5
    link 5                   | link 6 to=other             | -rlpt -u               | make (content, time), set time 5
    file 100 -9223372036854775808 644 | file 100 5 644     | -rlpt -u               | skip, what is there is newer
    file 100 5 644 of=A      | file 100 6 644              | -rlptH -u              | skip, what is there is newer

    # --max-size, --min-size: longer and shorter files are left alone, whatever is there
    file 101 5 644           | -                           | -rlpt --max-size=100   | skip, too long
    file 100 5 644           | -                           | -rlpt --max-size=100   | transfer new, set mode 644 time 5
    file 101 5 644           | file 101 5 640              | -rlpt --max-size=100   | skip, too long
    file 99 5 644            | -                           | -rlpt --min-size=100   | skip, too short
    file 100 5 644           | file 99 5 644               | -rlpt --min-size=100   | transfer (size), set mode 644 time 5
    dir 5 755                | -                           | -rlpt --min-size=100   | make new, set mode 755 time 5

    # --existing: nothing is created, --ignore-existing: nothing is changed
    file 100 5 644           | -                           | -rlpt --existing       | skip, nothing is there
    file 100 5 644           | file 101 5 644              | -rlpt --existing       | transfer (size), set mode 644 time 5
    file 100 5 644           | dir 5 755                   | -rlpt --existing       | transfer new, remove the directory, set mode 644 time 5
    link 5                   | -                           | -rlpt --existing       | skip, nothing is there
    link 5                   | -                           | -rpt --existing        | skip, nothing is there
    dir 5 755                | -                           | -rlpt --existing       | skip, nothing is there
    dir 5 755                | dir 6 755                   | -rlpt --existing       | keep, set time 5, report (time)
    file 100 5 644 of=A      | -                           | -rlptH --existing      | skip, nothing is there
    file 100 5 644           | -                           | -rlpt --ignore-existing | transfer new, set mode 644 time 5
    file 100 5 640           | file 100 5 644              | -rlpt --ignore-existing | skip, it exists
    file 100 5 640           | dir 5 755                   | -rlpt --ignore-existing | skip, it exists
    link 5                   | link 5                      | -rlpt --ignore-existing | skip, it exists
    dir 5 755                | link 5                      | -rlpt --ignore-existing | skip, it exists
    dir 5 755                | dir 6 755                   | -rlpt --ignore-existing | keep, set time 5, report (time)
    file 100 5 644 of=A      | file 100 5 644              | -rlptH --ignore-existing | skip, it exists
    file 100 5 644           | -                           | -rlpt --existing --ignore-existing | skip, nothing is there

    # a file of an alternate directory
    file 100 5 644           | - ; alt file 100 5 644      | -rlpt --compare-dest   | leave it out
    file 100 5 644           | - ; alt file 100 5 644      | -rlpt --compare-dest -ii | leave it out, report unchanged
    file 100 5 644 first     | - ; alt file 100 5 644      | -rlpt --compare-dest   | copy 0, set mode 644 time 5
    file 100 5 644           | file 101 5 644 ; alt file 100 5 644 | -rlpt --compare-dest | leave it out, remove what is there
    file 100 5 640           | - ; alt file 100 5 644      | -rlpt --compare-dest   | copy 0, set mode 640 time 5, report (permissions)
    file 100 5 644           | - ; alt file 100 6 644      | -rlpt --compare-dest   | transfer (time), compare with 0, set mode 644 time 5
    file 100 5 644           | - ; alt file 100 6 4755     | -rlt --compare-dest    | transfer (time), compare with 0, set mode 4755 time 5
    file 100 5 644           | - ; alt file 100 5 644      | -rlpt --copy-dest      | copy 0, set mode 644 time 5
    file 100 5 644           | file 101 5 644 ; alt file 100 5 644 | -rlpt --copy-dest | transfer (size), set mode 644 time 5
    file 100 5 644           | - ; alt file 100 5 644      | -rlpt --link-dest      | link to 0
    file 100 5 644           | file 100 5 644 ; alt file 100 5 644 | -rlpt --link-dest | link to 0, no backup
    file 100 5 644           | file 100 5 644 ; alt file 100 5 644 | -rlpt --inplace --link-dest | link to 0, no backup
    file 100 5 644           | file 100 5 600 ; alt file 100 5 644 | -rlpt --link-dest | link to 0
    file 100 5 644           | file 101 5 644 ; alt file 100 5 644 | -rlpt --link-dest | link to 0
    file 100 5 644           | file 100 5 644 x2 ; alt file 100 5 644 inode=1 | -rlpt --link-dest | keep
    file 100 5 644           | file 100 5 644 x2 ; alt file 100 5 644 inode=1 | -rlpt --link-dest -ii | keep, report unchanged
    file 100 5 640           | - ; alt file 100 5 644      | -rlpt --link-dest      | copy 0, set mode 640 time 5, report (permissions)
    file 100 5 640           | file 100 5 600 ; alt file 100 5 644 | -rlpt --link-dest | keep, set mode 640, report (permissions)
    file 100 5 644           | - ; alt file 100 6 644 ; alt file 100 5 600 ; alt file 100 5 644 | -rlpt --link-dest | link to 2
    file 100 5 644           | - ; alt file 100 6 644 ; alt file 100 5 600 | -rlpt --link-dest | copy 1, set mode 644 time 5, report (permissions)
    file 100 5 644           | - ; alt link 5              | -rlpt --link-dest      | transfer new, set mode 644 time 5
    file 100 5 644           | dir 5 755 ; alt file 100 5 644 | -rlpt --link-dest   | link to 0, remove the directory
    file 100 5 644           | - ; alt file 100 6 644 sum=same | -rlpt -c --link-dest | copy 0, set mode 644 time 5, report (time)
    link 5                   | - ; alt link 5 to=same      | -rlpt --link-dest      | link to 0
    link 5                   | - ; alt link 5 to=other     | -rlpt --link-dest      | make (content), set time 5
    link 5                   | - ; alt link 6 to=same      | -rlpt --link-dest      | make (content, time), set time 5
    link 5                   | link 5 to=same ; alt link 5 to=same | -rlpt --compare-dest | keep
    link 5                   | link 5 to=other ; alt link 5 to=same | -rlpt --link-dest | make (content), set time 5
    link 5                   | file 1 5 644 ; alt link 5 to=same | -rlpt --compare-dest | make new, set time 5
    dir 5 755                | - ; alt dir 5 755           | -rlpt --link-dest      | make unchanged, set mode 755 time 5
    dir 5 755                | - ; alt dir 6 755           | -rlpt --link-dest      | make (time), set mode 755 time 5
    dir 5 755                | - ; alt dir 6 755 ; alt dir 5 755 | -rlpt --link-dest | make unchanged, set mode 755 time 5
    dir 5 755                | - ; alt dir 5 755 ; alt dir 6 755 | -rlpt --link-dest | make unchanged, set mode 755 time 5
    dir 5 755                | - ; alt dir 5 700 ; alt dir 6 755 | -rlpt --link-dest | make (permissions), set mode 755 time 5

    # what an interrupted transfer left, and files with similar names
    file 100 5 644           | - ; partial file 50 9 600   | -rlpt --partial        | transfer new, compare with 0, set mode 644 time 5
    file 100 5 644           | file 101 5 644 ; partial file 50 9 600 | -rlpt --partial | transfer (size), compare with 0, set mode 644 time 5
    file 100 5 644           | file 100 5 644 ; partial file 50 9 600 | -rlpt --partial | keep
    file 100 5 644           | - ; similar file 90 5 644   | -rlpt -y               | transfer new, compare with 0, set mode 644 time 5
    file 100 5 644           | - ; alt file 90 5 644 ; partial file 50 9 600 | -rlpt --link-dest --partial | transfer (size), compare with 1, set mode 644 time 5

    # backups beside change the times of directories
    dir 5 755                | dir 6 755                   | -rlpt --backup         | keep

    # attributes of a file that is unchanged
    file 100 5 640           | file 100 5 644              | -rlpt                  | keep, set mode 640, report (permissions)
    file 100 5 640           | file 100 5 644              | -rlt                   | keep
    file 100 5 644 3:4       | file 100 5 644              | -a                     | keep, set owner 3 group 4 mode 644, report (owner, group)
    file 100 5 644 3:4       | file 100 5 644              | -a user                | keep, set group 4 mode 644, report (group)
    file 100 5 644 3:4       | file 100 5 644              | -rlpt                  | keep
    file 100 5 644 0:4 outsider | file 100 5 644           | -a                     | keep
    file 100 5 4755 3:0      | file 100 5 4755             | -a                     | keep, set owner 3 mode 4755, report (owner)
    file 100 5 644           | file 100 5 644              | -rlpt -i               | keep
    file 100 5 644           | file 100 5 644              | -rlpt -ii              | keep, report unchanged
    file 100 5 644           | file 100 5 644              | -rlpt -vv              | keep
    file 100 5 644           | file 100 5 644              | -rlpt -vv -i           | keep, report unchanged

    # --append
    file 100 5 644           | file 99 6 644               | -rlpt --append         | transfer in place (size, time), set mode 644 time 5
    file 100 5 644           | file 100 6 600              | -rlpt --append         | skip, what is there is not shorter
    file 100 5 644           | file 101 6 644              | -rlpt --append         | skip, what is there is not shorter
    file 100 5 644           | file 100 5 600              | -rlpt --append         | keep, set mode 644, report (permissions)
    file 100 5 644           | file 100 5 644              | -rlpt -I --append      | skip, what is there is not shorter
    file 100 5 644           | file 100 6 644 sum=same     | -rlpt -c --append      | keep, set time 5, report (time)
    file 100 5 644           | file 100 5 644 sum=other    | -rlpt -c --append      | skip, what is there is not shorter
    file 100 5 644           | -                           | -rlpt --append         | transfer in place new, set mode 644 time 5
    file 100 5 644           | file 99 5 644 x2            | -rlptH --append        | transfer (size), set mode 644 time 5

    # --inplace
    file 100 5 644           | file 101 5 644              | -rlpt --inplace        | transfer in place (size), set mode 644 time 5
    file 100 5 644           | file 101 5 644 x2           | -rlpt --inplace        | transfer in place (size), set mode 644 time 5
    file 100 5 644           | file 101 5 644 x2           | -rlptH --inplace       | transfer (size), set mode 644 time 5
    file 100 5 644 first     | file 101 5 644 x2/2         | -rlptH --inplace       | transfer in place (size), set mode 644 time 5
    file 100 5 644 first     | file 101 5 644 x3/2         | -rlptH --inplace       | transfer (size), set mode 644 time 5

    # --executability
    file 100 5 755           | file 100 5 644              | -rltE                  | keep, set mode 755, report (permissions)
    file 100 5 755           | file 100 5 640              | -rltE                  | keep, set mode 750, report (permissions)
    file 100 5 600           | file 100 5 4755             | -rltE                  | keep, set mode 4644, report (permissions)
    file 100 5 700           | file 100 5 711              | -rltE                  | keep
    file 100 5 755           | file 101 5 644              | -rltE                  | transfer (size, permissions), set mode 755 time 5
    file 100 5 755           | -                           | -rltE                  | transfer new, set mode 755 time 5
    file 100 5 755           | file 100 5 644              | -rlptE                 | keep, set mode 755, report (permissions)
    dir 5 755                | dir 5 644                   | -rltE                  | keep

    # access times
    file 100 5 644 read=7    | -                           | -rlptU                 | transfer new, set mode 644 time 5 access time 7
    file 100 5 644 read=7    | file 100 5 644 read=7       | -rlptU                 | keep
    file 100 5 644 read=7    | file 100 5 644 read=9       | -rlptU                 | keep, set access time 7, report (access time)
    file 100 5 644 read=7    | file 100 5 644 read=9       | -rlpt                  | keep
    file 100 5 644 read=7    | file 100 5 644 read=9       | -rlptU --modify-window=2 | keep
    file 100 5 644 read=7    | file 101 6 644 read=9       | -rlptU                 | transfer (size, time, access time), set mode 644 time 5 access time 7
    dir 5 755                | dir 5 755 read=9            | -rlptU                 | keep
    link 5 read=7            | -                           | -rlptU                 | make new, set time 5 access time 7
    link 5 read=7            | link 5 to=same read=9       | -rlptU                 | keep
    pipe 5 644 read=7        | pipe 5 644 read=9           | -rlptDU                | keep, set access time 7, report (access time)

    # ACLs
    file 100 5 644           | -                           | -rlptA                 | transfer new, set mode 644 time 5 no ACL
    file 100 5 644 acl       | -                           | -rlptA                 | transfer new, set mode 644 time 5 ACL
    dir 5 755                | -                           | -rlptA                 | make new, set mode 755 time 5 no ACL no default ACL
    file 100 5 644 acl       | file 100 5 644 acl=same     | -rlptA                 | keep
    file 100 5 644 acl       | file 100 5 644 acl=other    | -rlptA                 | keep, set ACL, report (ACL)
    file 100 5 644           | file 100 5 664 acl=other    | -rlptA                 | keep, set mode 644 no ACL, report (ACL)
    file 100 5 644           | file 100 5 664 acl=other    | -rlptAn                | keep, set mode 644 no ACL, report (permissions, ACL)
    file 100 5 4644          | file 100 5 664 acl=other    | -rlptA                 | keep, set mode 4644 no ACL, report (permissions, ACL)
    file 100 5 644           | file 101 5 664 acl=other    | -rlptA                 | transfer (size, permissions, ACL), set mode 644 time 5 no ACL
    dir 5 755                | dir 5 775 acl=other         | -rlptA                 | keep, set mode 755 no ACL no default ACL, report (permissions, ACL)
    link 5                   | -                           | -rlptA                 | make new, set time 5

    # extended attributes
    file 100 5 644           | -                           | -rlptX                 | transfer new, set mode 644 time 5
    file 100 5 644 attr      | -                           | -rlptX                 | transfer new, set mode 644 time 5 attributes
    file 100 5 644 attr      | file 100 5 644 attr=same    | -rlptX                 | keep
    file 100 5 644 attr      | file 100 5 644 attr=other   | -rlptX                 | keep, set attributes, report (attributes)
    file 100 5 644           | file 100 5 644 attr=other   | -rlptX                 | keep, set attributes, report (attributes)
    file 100 5 644 attr      | file 101 5 644 attr=same    | -rlptX                 | transfer (size), set mode 644 time 5 attributes
    file 100 5 644 attr      | file 101 5 644 attr=other   | -rlptX                 | transfer (size, attributes), set mode 644 time 5 attributes
    link 5 attr              | link 5 to=same attr=other   | -rlptX                 | keep, set attributes, report (attributes)

    # a parent directory with a default ACL, without -p
    file 100 5 666 inherits=750 | -                        | -rlt                   | transfer new, set mode 640 time 5
    file 100 5 666 inherits=750 | -                        | -rlpt                  | transfer new, set mode 666 time 5
    dir 5 777 inherits=750   | -                           | -rlt                   | make new, set mode 750 time 5
    file 100 5 666 inherits=750 | file 100 5 644           | -rlt                   | keep

    # --omit-link-times
    link 5 read=7            | -                           | -rlptUJ                | make new
    link 5                   | link 6 to=same              | -rlptJ                 | keep
    link 5                   | link 6 to=other             | -rlptJ                 | make (content, time)
    file 100 5 644           | file 100 6 644              | -rlptJ                 | transfer (time), set mode 644 time 5

    # what root may do
    file 100 5 644 3:4       | -                           | -a user --super        | transfer new, set owner 3 group 4 mode 644 time 5
    file 100 5 644 3:4       | -                           | -a --no-super          | transfer new, set group 4 mode 644 time 5
    char 5 644 1,3           | -                           | -rlptD user --super    | make new, set mode 644 time 5
    char 5 644 1,3           | -                           | -rlptD --no-super      | skip, not wanted
    char 5 644 1,3           | -                           | -rlptD --drop-D        | skip, not wanted
    pipe 5 644               | -                           | -rlptD --drop-D        | skip, not wanted

    # names here that the source keeps apart
    file 100 5 640           | file 100 5 644 x2           | -rlpt                  | keep, set mode 640, report (permissions)
    file 100 5 640           | file 100 5 644 x2           | -rlptH                 | keep, in a copy of its own, set mode 640, report (permissions)
    file 100 5 644           | file 100 5 644 x2           | -rlptH                 | keep
    file 100 5 640 first     | file 100 5 644 x2/2         | -rlptH                 | keep, set mode 640, report (permissions)
    file 100 5 640 first     | file 100 5 644 x3/2         | -rlptH                 | keep, in a copy of its own, set mode 640, report (permissions)

    # hard links
    file 100 5 644 first     | -                           | -rlptH                 | transfer new, set mode 644 time 5
    file 100 5 644 waits     | -                           | -rlptH                 | wait for the first name
    file 100 5 644 waits     | file 100 5 644              | -rlptH                 | wait for the first name
    file 100 5 644 of=A      | -                           | -rlptH                 | hard link new
    file 100 5 644 of=A      | file 101 5 644              | -rlptH                 | hard link (size)
    file 100 5 644 of=A      | file 100 6 600              | -rlptH                 | hard link (time, permissions)
    file 100 5 644 of=A      | file 100 5 600              | -rH                    | hard link (time)
    link 5 of=A              | file 100 5 644              | -rlptH                 | hard link (permissions)
    file 100 5 644 of=A      | file 101 5 644              | -rlptH --inplace       | hard link (size), remove what is there
    file 100 5 644 of=A      | dir 5 755                   | -rlptH                 | hard link (size, permissions), remove the directory
    file 100 5 640 of=A,same | file 100 5 644 x2           | -rlptH                 | keep
    file 100 5 644 of=A,same | file 100 5 644 x2           | -rlptH -ii             | keep, report unchanged
    file 100 5 644 of=A      | -                           | -rlptH --max-file-size=99 | refuse, too large
    pipe 5 644 of=A          | -                           | -rlptDH                | hard link new
    pipe 5 644 of=A          | -                           | -rlptH                 | skip, not wanted
    link 5 of=A              | link 5                      | -rlptH                 | hard link unchanged
    file 100 5 644 of=A      | - ; alt file 100 5 644      | -rlptH --copy-dest     | hard link unchanged
    file 100 5 644 of=A      | - ; alt file 90 5 644 ; alt file 100 5 600 | -rlptH --copy-dest | hard link (permissions)
    file 100 5 644 of=A      | - ; alt file 90 5 644       | -rlptH --copy-dest     | hard link new
    file 100 5 644 of=A      | file 100 5 600 ; alt file 100 5 644 | -rlptH --compare-dest | hard link (permissions)
    file 100 5 644 of=A      | - ; alt file 100 5 644      | -rlptH --link-dest     | hard link
    file 100 5 644 of=A      | - ; alt file 100 5 644      | -rlptH --link-dest -ii | hard link unchanged

    # symbolic links
    link 5                   | -                           | -rlpt                  | make new, set time 5
    link 5                   | -                           | -rpt                   | skip, not wanted
    link 5 3:4               | -                           | -a                     | make new, set owner 3 group 4 time 5
    link 5                   | link 5 to=same              | -rlpt                  | keep
    link 5                   | link 6 to=same              | -rlpt                  | keep, set time 5, report (time)
    link 5                   | link 6 to=same              | -rlp                   | keep
    link 5                   | link 5 to=other             | -rlpt                  | make (content), set time 5
    link 5                   | link 6 to=other             | -rlpt                  | make (content, time), set time 5
    link 5                   | link 5 to=other             | -rl                    | make (content, time)
    link 5                   | file 100 5 644              | -rlpt                  | make new, set time 5
    link 5                   | file 100 5 644              | -rlpt --inplace        | make new, set time 5
    link 5                   | dir 5 755                   | -rlpt                  | make new, remove the directory, set time 5
    link 5                   | link 6 to=same x2           | -rlptH                 | keep, in a copy of its own, set time 5, report (time)
    link 5                   | link 5 to=same              | -rlpt -c -ii           | keep, report unchanged

    # devices, FIFOs and sockets
    pipe 5 644               | -                           | -rlptD                 | make new, set mode 644 time 5
    pipe 5 644               | -                           | -rlpt                  | skip, not wanted
    pipe 5 644               | -                           | -rlptD user            | make new, set mode 644 time 5
    pipe 5 644               | pipe 5 600                  | -rlptD                 | keep, set mode 644, report (permissions)
    pipe 5 644               | socket 5 644                | -rlptD                 | make new, set mode 644 time 5
    pipe 5 644               | file 100 5 644              | -rlptD                 | make new, set mode 644 time 5
    pipe 5 666               | file 100 5 640              | -rltD                  | make new, set mode 640 time 5
    pipe 5 666               | link 5                      | -rltD                  | make new, set mode 644 time 5
    pipe 5 666               | dir 5 750                   | -rltD                  | make new, remove the directory, set mode 644 time 5
    socket 5 644             | socket 5 644                | -rlptD                 | keep
    socket 5 644             | dir 5 755                   | -rlptD                 | make new, remove the directory, set mode 644 time 5
    char 5 644 1,3           | -                           | -rlptD                 | make new, set mode 644 time 5
    char 5 644 1,3           | -                           | -rlptD user            | skip, not wanted
    char 5 644 1,3           | char 5 644 1,3              | -rlptD                 | keep
    char 5 644 1,3           | char 5 644 1,5              | -rlptD                 | make (content), set mode 644 time 5
    char 5 644 1,3           | block 5 644 1,3             | -rlptD                 | make new, set mode 644 time 5
    block 5 644 8,1          | block 6 600 8,1             | -rlptD                 | keep, set mode 644 time 5, report (time, permissions)
    block 5 644 8,1          | block 6 600 9,1             | -rlptD                 | make (content, time, permissions), set mode 644 time 5
    pipe 5 640               | pipe 5 644 x2               | -rlptDH                | keep, in a copy of its own, set mode 640 time 5, report (permissions)

    # directories
    dir 5 755                | -                           | -rlpt                  | make new, set mode 755 time 5
    dir 5 775                | -                           | -rlt                   | make new, set mode 755 time 5
    dir 5 755                | -                           | -rlpt --omit-dir-times | make new, set mode 755
    dir 5 555                | -                           | -rlpt                  | make new, set mode 555 time 5
    dir 5 555                | -                           | -rlpt user             | make new, set mode 755 time 5
    dir 5 755                | file 100 5 644              | -rlpt                  | make new, remove what is there, set mode 755 time 5
    dir 5 755                | link 5                      | -rlpt                  | make new, remove what is there, set mode 755 time 5
    dir 5 755                | dir 5 755                   | -rlpt                  | keep
    dir 5 755                | dir 6 755                   | -rlpt                  | keep, set time 5, report (time)
    dir 5 755                | dir 6 755                   | -rlpt --omit-dir-times | keep
    dir 5 755                | dir 6 755                   | -rlp                   | keep
    dir 5 700                | dir 5 755                   | -rlpt                  | keep, set mode 700, report (permissions)
    dir 5 500                | dir 5 500                   | -rlpt user             | keep, set mode 700
    dir 5 755 3:4            | dir 5 755                   | -a                     | keep, set owner 3 group 4 mode 755, report (owner, group)
    dir 5 755                | dir 5 755 x4                | -rlptH                 | keep
    dir 5 755                | dir 5 755                   | -rlpt -ii              | keep, report unchanged
    """
