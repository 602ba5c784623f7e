kill -9 $box
unshare --uts
hostname robin
