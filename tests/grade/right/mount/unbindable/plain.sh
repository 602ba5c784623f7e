mount --make-unbindable stage/safe
mount --bind stage/safe stage/copy
