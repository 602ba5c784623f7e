right# ip link add to-left type veth peer name to-right
right# ip link set to-right netns $left
left# ip link
