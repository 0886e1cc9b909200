"""Renders the configuration of a Ceph in one folder, on loopback, with little memory."""

from pathlib import Path

LIBRARIES = Path("/usr/lib")


def ceph_conf(folder: Path, fsid: str, keyring: Path, monitor: str, s3: str) -> str:
    """Return the configuration: one monitor, one store of 20 GB (a sparse file), one S3 gateway; logs go to stderr."""
    return f"""[global]
fsid = {fsid}
mon host = {monitor}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {keyring}
run dir = {folder}/run
admin socket =
pid file =
crash dir = {folder}/run
log file =
log to stderr = true
err to stderr = true
mon cluster log to stderr = false
mon cluster log file =
debug default = 0
debug rocksdb = 0
debug leveldb = 0
debug bluefs = 0
debug bluestore = 0
debug bdev = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
auth allow insecure global id reclaim = true
mon data avail crit = 2
paxos propose interval = 0.05
paxos min wait = 0.01
mon data avail warn = 3
[mon.a]
mon data = {folder}/mon/a
[osd]
osd data = {folder}/osd/0
osd objectstore = bluestore
osd class dir = {_object_classes()}
bluestore block size = 21474836480
bluestore block create = true
bluestore block db create = false
bluestore cache autotune = false
bluestore cache size = 134217728
bluestore fsck on mount = false
osd memory target = 939524096
osd op num shards = 2
osd op num threads per shard = 1
osd max object name len = 2048
osd mclock skip benchmark = true
[client.rgw]
rgw frontends = beast endpoint={s3}
rgw data = {folder}/rgw
rgw thread pool size = 64
rgw enable ops log = false
rgw enable usage log = false
rgw gc max objs = 7
rgw s3 auth use sts = false
"""


def _object_classes() -> Path:
    """Return the folder of the store's plug-ins. Debian's build of Ceph 18 looks for them under a relative path."""
    return next(iter(sorted(LIBRARIES.glob("*/rados-classes"))), LIBRARIES / "rados-classes")
