unshare --user --keep-caps
grep -E "Uid|CapEff" /proc/self/status
