//! Where and under which names snapshots stand.

/// Compares a text with the snapshot of a tag.
pub(crate) fn hold(folder: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("../snapshots/{folder}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = name.to_lowercase().replace(' ', "-");
    settings.bind(|| insta::assert_snapshot!(name, text));
}
