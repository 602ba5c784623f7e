ip link add to-web type veth peer name eth0 netns $web
ip link set to-web master br0 up
web# ip address add 10.88.0.2/24 dev eth0
web# ip link set eth0 up
web# tcp_server --port 80 --says 'web here' &
