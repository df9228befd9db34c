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
    "sparse in place": (["-a", "-i", "-S", "--inplace", "-I"], "dense file"),
    "sparse in place, whole": (["-a", "-i", "-S", "--inplace", "-I", "-W"], "dense file"),
}
