unshare --time
