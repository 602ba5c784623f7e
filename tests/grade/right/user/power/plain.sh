hostname bird
unshare --uts
hostname bird
