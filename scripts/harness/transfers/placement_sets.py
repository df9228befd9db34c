"""The sets of options of the group `placement`, each with the tree it starts from: lines as `plant` reads them, or the name
of one of TREES. Further words: `user` runs as user 1000; `twice` compares the second run; `lines differ`, `times differ` do
not compare those; `says TEXT`: both print it."""

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
    "sparse in place": (["-a", "-i", "-S", "--inplace", "-I"], "dense file"),
    "sparse in place, whole": (["-a", "-i", "-S", "--inplace", "-I", "-W"], "dense file"),
}
