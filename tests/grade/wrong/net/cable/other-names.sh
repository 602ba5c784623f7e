ip link add to-left type veth peer name to-right netns $right
