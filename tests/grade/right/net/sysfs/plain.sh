ip link add extra type veth peer name far-end
