#!/usr/bin/env python3
"""Create the input trees that the transfer-*.hex captures were taken from.

usage: inputs.py WORKDIR        (run as root on Linux: devices, ownership,
                                          trusted/security xattrs and ACLs are used)
Everything is deterministic: contents, modes, owners and mtimes.  Directory sizes on
the wire come from the file system (4096 on ext4) and atimes are only used where said.
"""
import os, sys, struct

def lcg(n, x=12345):
    """n bytes: x = (x*1103515245 + 12345) mod 2^31; byte = bits 16..23 of x"""
    out = bytearray()
    for _ in range(n):
        x = (x * 1103515245 + 12345) & 0x7fffffff
        out.append((x >> 16) & 0xff)
    return bytes(out)

T = 1500000000

def put(path, data=b'', mode=0o644, mtime=T, nsec=0, own=(0, 0), atime=1400000000):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as f:
        f.write(data)
    os.chown(path, *own)
    os.chmod(path, mode)
    os.utime(path, ns=(atime * 10**9, mtime * 10**9 + nsec))

def stamp(path, mtime=T, **k):
    os.utime(path, ns=(1400000000 * 10**9, mtime * 10**9), **k)

def mixed(root):
    r = root.encode()
    put(r + b'/a.txt', b'hello\n', nsec=123456789)
    put(r + b'/alpha', b'alpha data', 0o600)
    put(r + b'/daemon', b'owned', 0o644, own=(1, 1))
    put(r + b'/nameless', b'owned', 0o644, own=(54321, 54322))
    put(r + b'/m-future', b'x', mtime=10000000000)
    put(r + b'/m-u32', b'x', mtime=4294967301, nsec=1)
    put(r + b'/m-neg', b'x', mtime=-86400)
    put(r + b'/m-zero', b'x', mtime=0)
    put(r + b'/n\xff\xfename', b'not utf-8')
    put(r + b'/' + b'L' * 250, b'long')
    put(r + b'/big', b'')
    os.truncate(r + b'/big', 5368709120)          # sparse, 5 GiB
    stamp(r + b'/big')
    put(r + b'/dir/one', b'1' * 100, 0o755, mtime=T + 1, nsec=5)
    put(r + b'/dir/sub/two', b'2' * 300, 0o4750)
    put(r + b'/hard1', b'hardlinked\n')
    os.link(r + b'/hard1', r + b'/dir/hard2')
    os.link(r + b'/hard1', r + b'/dir/sub/hard3')
    for l, t in ((b'/link', b'a.txt'), (b'/dir/up', b'../a.txt')):
        os.symlink(t, r + l)
        stamp(r + l, T + 2, follow_symlinks=False)
    os.mknod(r + b'/cdev', 0o020666, os.makedev(1, 7)); os.chmod(r + b'/cdev', 0o666); stamp(r + b'/cdev', T + 3)
    os.mknod(r + b'/bdev', 0o060660, os.makedev(259, 70000)); os.chmod(r + b'/bdev', 0o660); stamp(r + b'/bdev', T + 3)
    os.mkfifo(r + b'/fifo'); os.chmod(r + b'/fifo', 0o644); stamp(r + b'/fifo', T + 4)
    w = r + b'/' + b'w' * 250 + b'/' + b'v' * 250
    put(w + b'/' + b'u' * 250, b'deep')
    os.makedirs(r + b'/empty')
    for d, _, _ in os.walk(r, topdown=False):
        os.chmod(d, 0o755); stamp(d, T + 10)

def implied(root):
    put(root + '/a/b/c/f', b'1\n'); put(root + '/a/b/sib', b'2\n'); put(root + '/a/other', b'3\n')
    for d, _, _ in os.walk(root, topdown=False):
        stamp(d, T + 10)

def dups(root):
    put(root + '/x/d/f1', b'x1'); put(root + '/y/d/f1', b'y1!'); put(root + '/y/d/f2', b'y2')
    for d, _, _ in os.walk(root, topdown=False):
        stamp(d, T + 10)

KAT = lcg(65536)
KNEW = KAT[:1000] + b'0123456789' + KAT[1000:40000] + bytes([KAT[40000] ^ 0xff]) + KAT[40001:] + lcg(500, 99)

TEXT = (b'The quick brown fox jumps over the lazy dog. ' * 3 + bytes(range(64)))
TBASIS = bytearray((TEXT * 60)[:8192])
for i in range(0, 8192, 97):
    TBASIS[i] = lcg(1, i)[0]
TBASIS = bytes(TBASIS)
TNEW = TBASIS[:1000] + b'0123456789' * 5 + TBASIS[1000:5000] + b'inserted text ' * 10 + TBASIS[5000:] + b'tail ' * 20

def delta(root):
    put(root + '/kat/src/f', KNEW, mtime=T + 100); put(root + '/kat/basis/f', KAT, mtime=T - 100)
    put(root + '/tok/src/f', TNEW, mtime=T + 100); put(root + '/tok/basis/f', TBASIS, mtime=T - 100)
    put(root + '/two/src/f1', TBASIS[:3000], mtime=T); put(root + '/two/src/f2', TBASIS[3000:6000], mtime=T)
    put(root + '/app/src/f', KAT[:5000], mtime=T); put(root + '/app/short/f', KAT[:2000], mtime=T - 100)
    bad = bytearray(KAT[:2000]); bad[1500] ^= 1
    put(root + '/app/bad/f', bytes(bad), mtime=T - 100)
    put(root + '/fuz/src/file-2.0.tar', KAT[:3000], mtime=T); put(root + '/fuz/dst/file-1.0.tar', KAT[:2100] + b'x', mtime=T - 100)
    put(root + '/par/src/f', KAT[:3000], mtime=T); put(root + '/par/dst/.part/f', KAT[:1400], mtime=T - 100)
    put(root + '/lnk/src/same', b'same\n'); put(root + '/lnk/src/mode', b'mode\n', 0o644); put(root + '/lnk/src/new', b'new\n')
    put(root + '/lnk/old/same', b'same\n'); put(root + '/lnk/old/mode', b'mode\n', 0o600)
    put(root + '/del/src/a', b'1\n'); put(root + '/del/src/d/b', b'2\n')
    put(root + '/del/dst/extra', b'3'); put(root + '/del/dst/d/x/y', b'4'); os.makedirs(root + '/del/dst/gone'); os.symlink('q', root + '/del/dst/lnk')
    for d, _, _ in os.walk(root, topdown=False):
        stamp(d, T + 10)

def acl(entries):
    """Linux posix_acl xattr: version 2, then (tag,perm,id)"""
    return struct.pack('<I', 2) + b''.join(struct.pack('<HHI', t, p, i & 0xffffffff) for t, p, i in entries)

UO, U, GO, G, M, O = 1, 2, 4, 8, 16, 32

def meta(root):
    for n, d in (('f1', b'one'), ('f2', b'two'), ('f3', b'three'), ('plain', b'four'), ('d/in', b'in')):
        put(root + '/' + n, d)
    x = lambda n, k, v: os.setxattr(root + '/' + n, k, v)
    for n in ('f1', 'f2'):
        x(n, 'user.small', b'short'); x(n, 'user.long', b'L' * 100); x(n, 'user.zero', b'')
    x('f3', 'user.len32', b'E' * 32); x('f3', 'user.len33', b'F' * 33); x('f3', 'trusted.tt', b'tval'); x('f3', 'security.ss', b'sval')
    x('f1', 'system.posix_acl_access', acl([(UO, 6, -1), (U, 6, 1), (GO, 4, -1), (G, 4, 54322), (M, 6, -1), (O, 4, -1)]))
    x('f2', 'system.posix_acl_access', acl([(UO, 6, -1), (U, 7, 54321), (GO, 4, -1), (M, 7, -1), (O, 4, -1)]))
    x('d', 'system.posix_acl_access', acl([(UO, 7, -1), (U, 7, 1), (GO, 5, -1), (M, 7, -1), (O, 5, -1)]))
    x('d', 'system.posix_acl_default', acl([(UO, 7, -1), (U, 5, 1), (GO, 5, -1), (G, 5, 1), (M, 5, -1), (O, 5, -1)]))
    for n in ('f1', 'f2', 'f3', 'plain', 'd/in', 'd', ''):
        stamp(root + '/' + n)

if __name__ == '__main__':
    os.umask(0o022)
    w = sys.argv[1]
    mixed(w + '/mixed'); implied(w + '/implied'); dups(w + '/dups'); delta(w + '/delta'); meta(w + '/meta')
