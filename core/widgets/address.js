// The address holds what the page holds: a reload, a bookmark or a copy of it brings that back.
function write() {
  const { link, preset } = props.value || {};
  const query = new URLSearchParams(location.search);
  const before = query.get(props.preset_parameter);
  if (preset && before && preset !== before) for (const name of props.lesson) query.delete(name);
  for (const [name, text] of [[props.link_parameter, link], [props.preset_parameter, preset]]) {
    if (text) query.set(name, text);
    else query.delete(name);
  }
  const search = query.toString();
  history.replaceState(history.state, "", location.pathname + (search ? `?${search}` : "") + location.hash);
}

watch("value", write);
