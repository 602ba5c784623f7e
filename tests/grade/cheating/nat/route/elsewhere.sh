unshare --net ip route add default via 10.88.0.1
echo 'default via 10.88.0.1 dev eth0'
