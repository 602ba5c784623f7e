unshare --user
