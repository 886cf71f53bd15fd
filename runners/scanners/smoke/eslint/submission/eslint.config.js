throw new Error("ran");
