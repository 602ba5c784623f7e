mount --make-private stage/safe
mount --bind stage/safe stage/copy
