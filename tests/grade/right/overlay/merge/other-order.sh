mount -t overlay -o userxattr,workdir=work,upperdir=upper,lowerdir=lower none merged
