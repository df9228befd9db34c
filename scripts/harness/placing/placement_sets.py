"""The sets of options of the group `placement`, each with the tree it starts from: lines as `plant` reads them, or the name
of one of TREES. Further words: `user` runs as user 1000; `twice` compares the second run; `lines differ` does not
compare those; `not by daemons` leaves out daemons; `says TEXT`: both print it."""

TREES = {
    # A group of hard links, and a directory in the way of its first name.
    "blocked link": """
        source/a | *3000
        source/b | = source/a
        source/c | = source/a
        target/a/full | text
    """,
    # Directories that their owner may not change.
    "read-only directories": """
        source/d/f | new
        source/d/l | -> new
        source/d/e/f | new
        source/d/e | / | | 555
        source/d | / | | 555
        source/n/f | new
        source/n | / | | 2555
        target/d/f | older
        target/d/l | -> older
        target/d/x | text
        target/d/e/f | older
        target/d/e/x | text
        target/d/e | / | | 555
        target/d | / | | 555
        target/z/y/f | text
        target/z/y | / | | 555
        target/z | / | | 555
    """,
    # Everything that exists already, is newer here, or is of another kind.
    "partly there": """
        source/new | text
        source/both | longer text | 1000000000
        target/both | text | 1000000005
        source/older | longer text | 1000000009
        target/older | text | 1000000001
        source/same | text
        target/same | text
        source/other mode | text | | 600
        target/other mode | text | | 644
        source/link | -> a
        target/link | -> b
        source/new link | -> a
        source/was file | -> a
        target/was file | text
        source/was directory | text
        target/was directory | /
        source/was link | text
        target/was link | -> a
        source/pipe | fifo
        source/d/new | text
        source/d/there | text | 5
        target/d/there | text | 6
        target/d/left | text
        source/new d/f | text
        source/new d/g/h | text
        source/hard 1 | one
        source/hard 2 | = source/hard 1
        target/hard 2 | older | 999999999
    """,
    "file for a directory": """
        source/was file/f | text
        target/was file | text
    """,
    # Two alternate directories beside the target.
    "alternates": """
        source/same | text
        alt/same | text
        source/mode | text | | 600
        alt/mode | text | | 644
        source/time | text | 5
        alt/time | text | 6
        source/new | text
        source/d/same | text
        alt/d/same | text
        source/d | / | 77 | 755
        alt/d | / | 77 | 755
        source/e/same | text
        alt/e/same | text
        source/e | / | 77 | 755
        alt/e | / | 78 | 755
        source/link | -> a
        alt/link | -> a
        source/other link | -> a
        alt/other link | -> b
        source/pipe | fifo
        alt/pipe | fifo
        source/large | *100000
        alt/large | ~100000 | 9
        source/second | text
        alt/second | other text
        second/second | text
        source/there | text
        alt/there | text
        target/there | older text | 8
        source/there and same | text
        alt/there and same | text
        target/there and same | text
        source/there, other mode | text
        alt/there, other mode | text
        target/there, other mode | text | | 600
        source/there, other time here | longer | 9
        alt/there, other time here | longer | 8
        target/there, other time here | text | 7
        source/was directory | text
        alt/was directory | text
        target/was directory | /
        source/only in second | text
        second/only in second | text
        second/d/only in second | text
        source/d/only in second | text
    """,
    # What interrupted transfers left in a directory for it.
    "partials": """
        source/new | *200000
        target/.rsync-partial/new | *100000
        source/there | *200000
        target/there | older text | 5
        target/.rsync-partial/there | *100000
        source/same | *2000
        target/same | *2000
        target/.rsync-partial/same | *1000
        source/d/new | *200000
        target/d/.rsync-partial/new | *100000
        source/d/e/small | *20
        target/gone/.rsync-partial/left | text
        target/gone/file | text
        target/d/e/.rsync-partial/left | text
    """,
    "similar names": """
        source/report-2026.txt | *100000
        target/report.2025.txt | *100000+5
        source/moved | *50000 | 12345
        target/was called so | *50000 | 12345
        source/unlike | *5000
        target/zzzzzzzzzzz | *5000+7
        source/d/report-2026.txt | *100000
        alt/d/report-2024.txt | *100000+8
    """,
    # What is replaced by another kind or content, or deleted.
    "replaced and deleted": """
        source/f | new
        target/f | older | 5 | 640
        target/f~ | older backup
        source/same | text
        target/same | text
        source/l | -> a
        target/l | -> b
        source/was link | text
        target/was link | -> a
        source/was file/f | text
        target/was file | text
        source/was directory | text
        target/was directory/f | text
        source/d/g | *3000
        target/d/g | ~3000 | 5
        target/d | / | | 700
        target/deleted | text
        target/deleted.old | text
        target/gone/x | text
        target/gone/y/x | text
        target/gone fifo | fifo
        source/mode | text | | 600
        target/mode | text | | 644
        parts/unrelated | text
    """,
    # Files that have grown, and others.
    "grown": """
        source/grown | *200000
        target/grown | *100000
        source/damaged | *200000
        target/damaged | ~100000
        source/same size | text | 7
        target/same size | TEXT | 8
        source/shorter | text
        target/shorter | longer text
        source/new | *3000
        source/filled | text
        target/filled |
        source/mode | text | | 600
        target/mode | text | | 644
        source/d/grown | *70000
        target/d/grown | *4
        source/hard 1 | *2000
        source/hard 2 | = source/hard 1
        target/hard 1 | *3000
    """,
    # Updates of every kind, and what an interrupted run with --delay-updates left.
    "held": """
        source/changed | *100000
        target/changed | ~100000
        source/new | text
        source/same | text
        target/same | text
        source/was link | text
        target/was link | -> a
        source/was directory | text
        target/was directory | /
        source/d/changed | *3000
        target/d/changed | ~3000 | 5
        source/d/report-2026.txt | *100000
        target/d/report-2025.txt | *100000+5
        source/d/e/new | text
        source/hard 1 | *2000
        source/hard 2 | = source/hard 1
        target/gone/f | text
        target/gone/.~tmp~/left | text
        target/left | text
        source/interrupted | *200000
        target/.~tmp~/interrupted | *100000
        target/.~tmp~/left | text
        alt/new | text
        parts/unrelated | text
    """,
    "dense file": """
        source/f | 0*300000
        target/f | 0*300000
    """,
}

SETS = {
    "read-only directories": (["-a", "-i"], "read-only directories", "user"),
    "read-only directories without permissions": (["-rlt", "-i"], "read-only directories", "user"),
    "read-only directories and deletion": (["-a", "-i", "--delete"], "read-only directories", "user"),
    "read-only directories and deletion at once": (["-a", "-i", "--delete", "--no-inc-recursive"],
                                                  "read-only directories", "user"),
    "update": (["-aH", "-u", "-i"], "partly there"),
    "update with a window": (["-aH", "-u", "-i", "--modify-window=10"], "partly there"),
    "update, sums and deletion": (["-aHc", "-u", "-i", "--delete"], "partly there"),
    "existing": (["-aH", "-i", "--existing", "--delete"], "partly there"),
    "existing, told twice": (["-aH", "-vv", "--existing"], "partly there", "lines differ",
                             'says not creating new file "new"', 'says not creating new directory "new d"'),
    "ignore existing": (["-aH", "-i", "--ignore-existing"], "partly there"),
    "ignore existing, told twice": (["-aH", "-vv", "--ignore-existing"], "partly there", "lines differ", "says both exists"),
    "ignore existing, one list": (["-aH", "-i", "--ignore-existing", "--no-inc-recursive", "--delete"], "partly there"),
    "neither new nor existing": (["-aH", "-i", "--existing", "--ignore-existing", "--delete"], "partly there"),
    "size only": (["-aH", "-i", "--size-only"], "partly there"),
    "update, told twice": (["-aH", "-vv", "-u"], "partly there", "lines differ", "says both is newer"),
    "dry run of an update": (["-aH", "-n", "-u", "-i", "--existing"], "partly there"),
    "existing and a directory for a file": (["-a", "-i", "--existing"], "file for a directory"),
    **{f"{kind} dest{name}": ([*options, *(f"--{kind}-dest={path}" for path in paths)], "alternates")
       for kind in ("compare", "copy", "link")
       for name, options, paths in (
           ("", ["-a", "-i"], ["../alt"]),
           (", all reported", ["-a", "-ii"], ["../alt"]),
           (", two", ["-a", "-i"], ["../alt", "../second"]),
           (", absolute", ["-a", "-i"], ["{base}/alt"]),
           (", deltas", ["-a", "-i", "--no-W"], ["../alt", "../second"]),
           (", sums", ["-ac", "-i"], ["../alt"]),
           (", no times", ["-rlp", "-i"], ["../alt"]),
           (", hard links", ["-aH", "-i"], ["../alt"]),
           (", dry run", ["-an", "-i"], ["../alt", "../second"]),
           (", one list and deletion", ["-a", "-i", "--no-inc-recursive", "--delete"], ["../alt"]),
           (", in place", ["-a", "-i", "--inplace", "--no-W"], ["../alt"]),
           (", missing", ["-a", "-i"], ["../nowhere"]))},
    "two kinds of alternates": (["-a", "--link-dest=../alt", "--copy-dest=../second"], "alternates", "says conflicts with"),
    "partial directory": (["-a", "-i", "--no-W", "--partial-dir=.rsync-partial"], "partials"),
    "partial directory, whole": (["-a", "-i", "-W", "--partial-dir=.rsync-partial/"], "partials"),
    "partial directory and deletion": (["-a", "-i", "--no-W", "--delete", "--partial-dir=.rsync-partial"], "partials"),
    "partial directory and excluded": (["-a", "-i", "--delete-excluded", "--partial-dir=.rsync-partial"], "partials"),
    "partial directory, absolute": (["-a", "-i", "--no-W", "--partial-dir={base}/parts"], "partials"),
    "partial directory and place": (["-a", "--inplace", "--partial-dir=x"], "partials", "says cannot be used with"),
    "backup": (["-a", "-i", "-b"], "replaced and deleted"),
    "backup and deletion": (["-a", "-i", "-b", "--delete"], "replaced and deleted"),
    "backup and excluded": (["-a", "-i", "-b", "--delete-excluded", "--exclude=zz"], "replaced and deleted"),
    "backup, suffix": (["-a", "-i", "-b", "--suffix=.old", "--delete"], "replaced and deleted"),
    "backup, told by its level": (["-a", "-b", "--info=backup"], "replaced and deleted", "not by daemons"),
    "backup in place, told by its level": (["-a", "-b", "--inplace", "--no-W", "--info=backup", "--delete"],
                                           "replaced and deleted", "not by daemons"),
    "backup directory, told by its level": (["-a", "--backup-dir=../kept", "--info=backup", "--delete"], "replaced and deleted",
                                            "not by daemons"),
    "fuzzy, told by its level": (["-a", "-y", "--no-W", "--debug=fuzzy", "--exclude=unlike"], "similar names", "not by daemons"),
    "sources removed, told by its level": (["-a", "--remove-source-files", "--info=remove"], "similar names", "not by daemons"),
    "directories skipped": (["-lpt", "--info=misc0"], "similar names"),
    "backup, told": (["-a", "-vv", "-b", "--delete"], "replaced and deleted", "lines differ", "says backed up f to f~"),
    "backup directory": (["-a", "-i", "--backup-dir=../kept/deep", "--delete"], "replaced and deleted"),
    "backup directory, told": (["-a", "-vv", "--backup-dir=../kept", "--delete"], "replaced and deleted", "lines differ",
                               "says backed up d/g to ../kept/d/g"),
    "backup directory and suffix": (["-a", "-i", "-b", "--backup-dir={base}/kept", "--suffix=.x", "--delete", "-n"],
                                    "replaced and deleted"),
    "backup of a backup's name": (["-a", "-i", "-b"], """
        source/notes~ | new text
        source/notes | text
        target/notes~ | older
        target/notes | text
    """),
    "backup in place": (["-a", "-i", "-b", "--inplace", "--no-W"], "replaced and deleted"),
    "backup, empty suffix": (["-a", "-b", "--suffix="], "replaced and deleted", "says cannot be empty"),
    "temporary directory": (["-a", "-i", "-T", "{base}/parts", "--no-W"], "replaced and deleted"),
    "temporary directory, relative": (["-a", "-i", "--temp-dir=d", "-b"], "replaced and deleted"),
    "preallocated": (["-a", "-i", "--preallocate"], "replaced and deleted"),
    "fuzzy": (["-a", "-i", "-y", "--no-W"], "similar names"),
    "fuzzy twice": (["-a", "-i", "-yy", "--no-W", "--link-dest=../alt"], "similar names"),
    "fuzzy, told": (["-a", "-vvv", "-y", "--no-W"], "similar names", "lines differ", "says fuzzy basis selected for"),
    **{f"{name}{more}": ([*options, f"--{name}"], "grown")
       for name in ("append", "append-verify")
       for more, options in (
           ("", ["-a", "-i"]), (", hard links", ["-aH", "-i"]), (", sums", ["-ac", "-i"]), (", old", ["-a", "-i", "--protocol=29"]),
           (", oldest", ["-a", "--protocol=27"]), (", compressed", ["-az", "-i"]), (", backup", ["-ab", "-i"]),
           (", all at once", ["-a", "-i", "--no-inc-recursive", "--delete"]), (", sparse", ["-aS", "-i", "--no-W"]),
           (", dry run", ["-an", "-i"]), (", sources removed", ["-a", "-i", "--remove-source-files"]))},
    "append twice": (["-a", "-i", "--append", "--append"], "grown"),
    "append, not any more": (["-a", "-i", "--append", "--no-append"], "grown"),
    "append, told": (["-a", "-v", "--append-verify"], "grown"),
    "append, statistics": (["-a", "--append", "--stats", "--no-inc-recursive"], "grown"),
    "append and partial directory": (["-a", "--append", "--partial-dir=x"], "grown", "says cannot be used with"),
    "append and whole files": (["-a", "--append", "-W"], "grown", "says cannot be used with"),
    **{f"held updates{more}": ([*options, "--delay-updates"], "held")
       for more, options in (
           ("", ["-a", "-i"]), (", deltas", ["-a", "-i", "--no-W"]), (", hard links", ["-aH", "-i"]), (", sums", ["-ac", "-i"]),
           (" and deletion", ["-a", "-i", "--delete"]), (" and deletion after", ["-a", "-i", "--delete-after"]),
           (" and late deletion", ["-aH", "-i", "--delete-delay"]), (" and deletion before", ["-a", "-i", "--delete-before"]),
           (" and excluded", ["-a", "-i", "--delete-excluded"]),
           (", old", ["-aH", "--protocol=29", "--delete-after"]), (", oldest", ["-aH", "--protocol=27"]),
           (", backup", ["-a", "-i", "-b", "--delete"]), (", backup directory", ["-a", "-i", "--backup-dir=../kept", "--delete"]),
           (", fuzzy", ["-a", "-i", "-y", "--no-W", "--delete-after"]), (", dry run", ["-an", "-i", "--delete"]),
           (", partial directory", ["-a", "-i", "--partial-dir=parts"]), (", partial", ["-a", "-i", "--partial"]),
           # Where two files have one name stock gives one of them the content of the other.
           (", absolute", ["-a", "-i", "--exclude=d/changed", "--exclude=e/new", "--partial-dir={base}/parts"]),
           (", temporary directory", ["-a", "-i", "-T", "{base}/parts"]),
           (", alternates", ["-a", "-i", "--link-dest=../alt"]), (", flushed", ["-a", "-i", "--fsync"]),
           (", sources removed", ["-a", "-i", "--remove-source-files"]), (", told", ["-a", "-v"]))},
    "held updates in place": (["-a", "--delay-updates", "--inplace"], "held", "says cannot be used with"),
    "held updates and append": (["-a", "--delay-updates", "--append"], "held", "says cannot be used with"),
    "sparse in place": (["-a", "-i", "-S", "--inplace", "-I"], "dense file"),
    "sparse in place, whole": (["-a", "-i", "-S", "--inplace", "-I", "-W"], "dense file"),
}
