echo 4096 5000 6000 >/proc/sys/net/ipv4/tcp_rmem
guest# nsenter --net=/proc/$left/ns/net
guest# unshare --net
