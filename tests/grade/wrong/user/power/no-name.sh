unshare --uts
