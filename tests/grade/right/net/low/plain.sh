left# echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
clerk# tcp_server --port 80 --says 'clerk here' &
