unshare --net
ip link set lo up
tcp_server --port 9100 --says 'monitor here' &
