unshare --uts hostname bird
hostname
