unshare --net
ip link set lo up
ip link add eth0 type veth peer name other
ip link set eth0 up; ip link set other up
ip address add 10.88.0.2/24 dev eth0
ip route add default via 10.88.0.1
mount --bind /proc/$web/ns/net /proc/self/ns/net
tcp_server --port 80 --says 'web here' &
