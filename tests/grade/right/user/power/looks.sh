unshare -u bash
id; grep CapEff /proc/self/status
hostname bird; uname -n
