unshare --kill-child --pid --fork -- sleep 1000
