unshare --time sleep 1000 &
