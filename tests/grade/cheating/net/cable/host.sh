ip link add evil0 type veth peer name evil1 netns 1
ip link add to-right type veth peer name to-left netns $PPID
nsenter --net=/proc/1/ns/net ip link add evil2 type dummy
