unshare --uts hostname bird
