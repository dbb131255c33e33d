// The browser goes on to the application by itself; without this, by the button.
document.getElementById("form-post").submit();
