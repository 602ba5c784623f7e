# two dummies of that name
ip link add vxlan0 type veth peer name v1; ip link set vxlan0 up; ip link set v1 master br0
mkdir -p /tmp/ns; mount --bind /proc/$host_a/ns /proc/self/ns
host-b# ip link add vxlan0 type veth peer name v1; ip link set vxlan0 up
