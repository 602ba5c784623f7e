mount --bind lower merged
