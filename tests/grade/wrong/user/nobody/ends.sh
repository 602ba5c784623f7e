unshare --user id
