unshare --uts true; exit
