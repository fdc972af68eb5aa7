/* SPDX-License-Identifier: MIT */
/*
 * Starts OSGi with the plug-ins of Trace Compass, as its own launcher does, but without a
 * window, and lets ShowTrace look at a trace: Start PLUGINS BUNDLE WORKSPACE TRACE, where
 * BUNDLE is the folder of the bundle with ShowTrace.
 */
import java.io.File;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

public final class Start {
	private static Framework framework(String workspace) throws BundleException {
		Map<String, String> settings = new HashMap<>();
		settings.put(Constants.FRAMEWORK_STORAGE, workspace + "/configuration");
		settings.put("osgi.instance.area", "file:" + workspace + "/instance");
		settings.put("osgi.user.area", "file:" + workspace + "/user");
		settings.put("eclipse.consoleLog", "false");
		/* Platform code asks for these as properties of the system. */
		settings.forEach(System::setProperty);
		FrameworkFactory factory = ServiceLoader.load(FrameworkFactory.class).iterator().next();
		return factory.newFramework(settings);
	}

	/* Its extensions are found as soon as it is resolved; its code is started when used. */
	private static boolean isWanted(Bundle bundle) {
		String name = bundle.getSymbolicName();
		return name != null && bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null
				&& (name.startsWith("org.eclipse.equinox.common") || name.startsWith("org.eclipse.equinox.registry")
						|| name.startsWith("org.eclipse.equinox.preferences") || name.startsWith("org.eclipse.core.")
						|| name.startsWith("org.apache.felix.scr") || name.startsWith("org.eclipse.osgi.services")
						|| name.startsWith("org.eclipse.tracecompass.") && name.endsWith(".core"));
	}

	public static void main(String[] args) throws Exception {
		Framework framework = framework(args[2]);
		framework.init();
		BundleContext context = framework.getBundleContext();
		List<Bundle> bundles = new ArrayList<>();
		for (File file : new File(args[0]).listFiles())
			if (!file.getName().startsWith("org.eclipse.osgi_"))
				bundles.add(context.installBundle("reference:" + file.toURI()));
		Bundle ours = context.installBundle("reference:" + new File(args[1]).toURI());
		framework.start();
		for (Bundle bundle : bundles)
			if (isWanted(bundle))
				try {
					bundle.start(Bundle.START_ACTIVATION_POLICY);
				} catch (BundleException e) {
					System.err.println("not started: " + bundle + ": " + e.getMessage());
				}
		ours.start();
		int status = (Integer) ours.loadClass("ShowTrace").getMethod("show", String.class).invoke(null, args[3]);
		System.out.flush();
		/* The framework stops when its threads let it; nothing is left to wait for. */
		Runtime.getRuntime().halt(status);
	}
}
