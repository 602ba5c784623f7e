ip link add vxlan1 up master br0 type vxlan id 43 local 192.0.2.2 dstport 4789
left# ping -c 1 -W 1 10.77.0.3
