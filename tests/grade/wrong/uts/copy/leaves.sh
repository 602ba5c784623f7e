unshare --uts
exit
