exec unshare -n
ip l s dev lo up
ip a
