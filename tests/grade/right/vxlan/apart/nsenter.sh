# all of it from left's shell
nsenter --net=/proc/$right/ns/net ip addr add 10.77.0.3/24 dev eth0
ip addr add local 10.77.0.2/24 dev eth0
nsenter --net=/proc/$host_a/ns/net ping -c 1 -W 1 192.0.2.2; exit
