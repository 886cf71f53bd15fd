package gradekit;

import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;

/**
 * Loads the classes of a suite and of a submission, after those that are trusted, which it asks first.
 *
 * <p>What a submission has under reserved names is not there.
 */
public final class Loader extends URLClassLoader {
    /** Look in these folders and archives, in this order. */
    public Loader(List<Path> path) throws MalformedURLException {
        super("submission", urls(path), Loader.class.getClassLoader());
    }

    private static URL[] urls(List<Path> path) throws MalformedURLException {
        URL[] urls = new URL[path.size()];
        for (int i = 0; i < urls.length; i++) {
            urls[i] = path.get(i).toUri().toURL();
        }
        return urls;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        if (Reserved.isClass(name)) {
            throw new ClassNotFoundException(name);
        }
        return super.findClass(name);
    }

    @Override
    public URL findResource(String name) {
        return Reserved.isSetting(name) ? null : super.findResource(name);
    }

    @Override
    public Enumeration<URL> findResources(String name) throws IOException {
        return Reserved.isSetting(name) ? Collections.emptyEnumeration() : super.findResources(name);
    }
}
