unshare --user --map-root-user
